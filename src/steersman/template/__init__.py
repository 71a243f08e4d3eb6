"""Go's template language: lexer → parser → nodes → compiler → runtime, and the functions by theme."""
