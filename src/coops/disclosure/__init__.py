"""What may be shown: thresholds and complementary suppression."""
