"""The rules of A-11 §280.10, one function each, by what they are about."""
