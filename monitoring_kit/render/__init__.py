"""Writing a plan out in the formats of its targets. Every function here is pure: a plan goes in, text comes out."""
