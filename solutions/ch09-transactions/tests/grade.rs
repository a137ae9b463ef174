ch09::grade!(ch09_solutions);
