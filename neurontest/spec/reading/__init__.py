"""Files of a suite -> plain values that know where they stood; nothing outside of its folder is opened."""
