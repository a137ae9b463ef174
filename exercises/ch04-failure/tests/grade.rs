ch04::grade!(ch04_exercises);
