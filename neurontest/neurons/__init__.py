"""From activations [prompt, neuron] to neuron sets and their overlaps."""
