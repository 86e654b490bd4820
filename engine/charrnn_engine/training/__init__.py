"""Training: corpus in, checkpoint out. The only room with TensorFlow, and it is entered as a process of its own
(`python -m charrnn_engine.training`) that reports as JSON lines. Knows nothing of screens."""
