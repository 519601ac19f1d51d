"""The machine on a bus: streams and registers around `hdl.accelerator.Accelerator`."""
