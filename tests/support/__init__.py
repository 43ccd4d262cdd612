"""What tests stand on: a wire client, real servers and stores, journals and the checker of promises."""
