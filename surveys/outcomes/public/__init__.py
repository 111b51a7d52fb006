"""What a clinic shows to everybody: chosen claims, small groups hidden, signed."""
