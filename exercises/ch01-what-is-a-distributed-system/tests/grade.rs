ch01::grade!(ch01_exercises);
