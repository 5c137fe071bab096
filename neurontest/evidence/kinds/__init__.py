"""The tests of each kind of claim, apart from what it declares."""
