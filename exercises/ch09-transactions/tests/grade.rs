ch09::grade!(ch09_exercises);
