ch08::grade!(ch08_exercises);
