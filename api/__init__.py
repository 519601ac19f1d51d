"""Pascaline turns trained recurrent networks with binary or ternary weights into verified RTL."""
