//! A figure of several curves over one quantity, such as throughput against the number of workers.
