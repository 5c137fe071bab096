"""YAML text -> Suite. Imports no torch, scipy, numpy or pytest: collecting a suite must cost next to nothing."""
