"""What enters the part that learns: kept features, or pictures computed anew."""
