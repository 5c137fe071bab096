"""A name -> a lazy handle (named): the built-in model, the hub's, a folder, a function of the user's, a random twin."""
