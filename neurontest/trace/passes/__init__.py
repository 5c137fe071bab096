"""The forward passes of a batch of texts, of decoders and encoder-decoders, and what they keep between the steps."""
