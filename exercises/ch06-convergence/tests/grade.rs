ch06::grade!(ch06_exercises);
