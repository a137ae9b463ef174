ch02::grade!(ch02_solutions);
