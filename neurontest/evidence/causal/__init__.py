"""The tests of causal claims: what is done to the model, and a set ranked among random sets that write as much."""
