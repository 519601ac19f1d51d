"""A new user's walk through the documentation.

``python -m tests.walk`` takes the commands of the README and of all pages, and runs them in order,
each page in a folder of its own, between them the programs in Python that they need. What is
installed has a cache that is empty at first; a clone has its ``build``. Each must end with status 0
and leave what the page says.

``--program`` is the pascaline that is run: of a clone, or of a wheel that is installed somewhere
else. What wants PyTorch is run if that pascaline has it; what takes many minutes, or a network, if
``--also`` says so; with ``--build``, what another walk has built there is not built again. Why
others are not run is said and counted. After the README the demo is run, as the Makefile has it,
and must print what is shown there, to the byte. The status is 1 if anything is not as documented.
"""
