ch07::grade!(ch07_solutions);
