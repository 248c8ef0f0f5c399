"""What only an encoder needs: the search for the partition, modes, levels and filter taps."""
