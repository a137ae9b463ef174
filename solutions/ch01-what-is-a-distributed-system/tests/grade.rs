harness::grade!(ch01, ch01_solutions);
