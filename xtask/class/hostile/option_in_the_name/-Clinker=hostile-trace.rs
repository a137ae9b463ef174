compile_error!("an option was read from a name");
