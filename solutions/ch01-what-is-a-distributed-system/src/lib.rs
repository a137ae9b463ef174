//! Chapter 1: what is a distributed system?
