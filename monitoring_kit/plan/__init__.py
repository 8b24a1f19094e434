"""What one environment gets: definitions, thresholds and the environment's settings brought together.

Checks read a plan, renderers write it out; neither needs to know how it came about.
"""
