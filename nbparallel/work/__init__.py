"""What turns arguments into work, for every face."""
