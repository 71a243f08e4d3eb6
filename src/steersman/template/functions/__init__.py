"""The functions of Helm's templates, by theme: Sprig's and Helm's own."""
