"""Benchmarks: what Steersman needs beside what others need, measured in the same run."""
