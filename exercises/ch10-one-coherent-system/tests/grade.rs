ch10::grade!(ch10_exercises);
