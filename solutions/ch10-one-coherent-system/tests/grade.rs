ch10::grade!(ch10_solutions);
