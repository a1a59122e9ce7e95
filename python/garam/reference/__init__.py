"""What the machine's results are held against: the exported graph in PyTorch, error bounds, recorded references."""
