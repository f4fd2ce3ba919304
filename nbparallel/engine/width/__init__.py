"""How many workers a run has with `workers="auto"`: as many as its work rewards."""
