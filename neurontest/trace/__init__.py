"""The only folder that imports torch and transformers, and only once a model is really loaded.

models        a name -> a lazy handle: fingerprint, load()
hub, factory  the names that lead to the Hugging Face hub, and to a function of the user's
folder        which files of a folder are read, and what is no model; loading: a folder -> a model and its tokenizer
identity      which model in memory it is: structure, values and callables say what it is made of, probe what it does
wrapped       models in wrappers (adapters, compilers) are looked through
architecture  what kind of model it is: whether it writes, by which of its parts
sites, hooks  where the neurons are in an architecture, and how they are read while the model writes
selftest      whether what was found is what it says; parts: whether those of a block add up
generation    the texts: batches, and sampling with a stream per prompt and sample
passes        the forward passes of a batch; encoder_decoder: those of a model with an encoder of its own
prompts       what prompts become for a model, remembered: rendering by its chat template, encoding into tokens, both
              checked and in a process with a budget
store         what was traced, on disk
engine        traces what a plan asks for and the store lacks
"""
