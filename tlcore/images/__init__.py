"""From bytes to safe pictures: decode, ingest, split, samples."""
