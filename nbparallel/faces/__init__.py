"""The ways to start a run. A face translates into a run and keeps nothing itself."""
