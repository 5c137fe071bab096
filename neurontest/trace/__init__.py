"""The only folder that imports torch and transformers, and only once a model is really loaded.

models        a name -> a lazy handle: fingerprint, load()
sites, hooks  where the neurons are in an architecture, and how they are read while the model writes
generation    the texts: batches, and sampling with a stream per prompt and sample
passes        the forward passes of a batch
store         what was traced, on disk
engine        traces what a plan asks for and the store lacks
"""
