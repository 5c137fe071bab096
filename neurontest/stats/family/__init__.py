"""The p-values of a family: corrected, spread over looks, and how small an effect they show."""
