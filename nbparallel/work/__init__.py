"""What turns the arguments of a face into work, or refuses them with the cure."""
