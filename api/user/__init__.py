"""What belongs to whoever asks: what he did, his lists, his profile."""
