"""Files beside the Verilog of a machine on a bus, all of them texts made from `spec`."""
