"""The only folder that imports torch and transformers, and only once a model is really loaded.

engine       traces what a plan asks for and the store lacks; job: the work of one call, possible: the part of it that
             the model can be traced at, faults: what cannot be, and why
scoring      how likely a model finds texts, as it is and with neurons set to given values
store        what was traced, on disk
texts/       texts: written by the model, read where they are known, scored where neurons are set
selftest/    whether the sites that were found are what they say
models/      a name -> a lazy handle: fingerprint, load()
fingerprint/ which model it is, of its files or in memory
prompts/     what prompts become for a model, remembered
passes/      the forward passes of a batch of texts
sites/       where the neurons are, how they are read and how they are set
architecture what kind of model it is; wrapped: models in wrappers are looked through; locks, quiet, threads
"""
