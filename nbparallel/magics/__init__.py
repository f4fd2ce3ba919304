"""What is written into a cell: ``%%parallel``, ``%parallel``, and their flags."""
