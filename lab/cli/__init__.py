"""The command line: a module for each command or group; ``lab.__main__`` puts them together."""
