"""Files of Keras, read without Keras or TensorFlow: a chain of layers becomes a float network.

A file is a configuration (JSON) and variables (HDF5): `archive` and `hdf5` open it, `variables`
finds the variables of a layer, `config` makes a chain of layers of it, and `layers` has what each
kind of layer does to a `chain.Chain`. Nothing in a file is run: what a layer computes follows from
its class, and classes that are not in the table are refused.
"""
