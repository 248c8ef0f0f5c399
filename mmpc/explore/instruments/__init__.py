"""Instruments to play with, made of widgets."""
