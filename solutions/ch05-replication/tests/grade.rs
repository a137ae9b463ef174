ch05::grade!(ch05_solutions);
