"""What the Makefile runs besides the tools that everybody has."""
