ch04::grade!(ch04_solutions);
